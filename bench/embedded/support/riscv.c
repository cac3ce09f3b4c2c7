/* Start of a 32-bit RISC-V, its semihosting and its counter of instructions. */
#include "board.h"

extern uint32_t board_stack_end, data_start, data_end, data_image, bss_start, bss_end;
int main(void);

/* Control registers are an extension that compilers are not told of, as libraries for it are rare. */
__asm__(".option arch, +zicsr");

static int semihost(int operation, const void *argument) {
  register int a0 __asm__("a0") = operation;
  register const void *a1 __asm__("a1") = argument;
  /* These three, uncompressed and on one page, are how a debugger knows its breakpoint. */
  __asm__ volatile(
      ".option push\n .option norvc\n .balign 16\n"
      "slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n .option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return a0;
}

void board_print(const char *text) { semihost(0x04, text); }

void board_exit(int code) {
  const uint32_t reason[2] = {0x20026, (uint32_t)code};
  semihost(0x20, reason);
  for (;;) {
  }
}

uint32_t board_ticks(void) {
  uint32_t count;
  __asm__ volatile("csrr %0, instret" : "=r"(count));
  return count;
}
uint32_t board_ticks_since(uint32_t start) { return board_ticks() - start; }

__attribute__((naked)) unsigned char *board_stack_pointer(void) { __asm__ volatile("mv a0, sp\n ret"); }
unsigned char *board_stack_limit(void) { return (unsigned char *)&board_stack_end; }

static void fault(void) {
  board_print("fault\n");
  board_exit(3);
}

void board_reset(void);
void board_reset(void) {
  __asm__ volatile("csrw mtvec, %0" ::"r"(fault));
#ifdef __riscv_flen
  __asm__ volatile("csrs mstatus, %0" ::"r"(0x6000));
#endif
  volatile uint32_t *to = &data_start;
  for (const uint32_t *from = &data_image; to < &data_end;) *to++ = *from++;
  for (to = &bss_start; to < &bss_end;) *to++ = 0;
  board_exit(main());
}

__attribute__((section(".start"), naked, used)) void board_start(void);
void board_start(void) {
  __asm__ volatile(
      ".option push\n .option norelax\n la gp, __global_pointer$\n .option pop\n"
      "la sp, board_stack_top\n j board_reset");
}

#if __has_include(<picolibc.h>)
#include <stdio.h>

/* For picolibc, where a program brings it along. */
static int put(char c, FILE *file) {
  const char one[2] = {c, 0};
  board_print(one);
  (void)file;
  return 0;
}
static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;
#endif

void _exit(int code);
void _exit(int code) {
  board_exit(code);
  for (;;) {
  }
}
