/* Start of a Cortex-M, its semihosting and its SysTick. */
#include "board.h"

extern uint32_t board_stack_top, board_stack_end, data_start, data_end, data_image, bss_start, bss_end;
int main(void);

#define CPACR (*(volatile uint32_t *)0xE000ED88)
#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void board_print(const char *text) { semihost(0x04, text); }

void board_exit(int code) {
  const uint32_t reason[2] = {0x20026, (uint32_t)code};
  semihost(0x20, reason);
  for (;;) {
  }
}

/* SysTick counts 24 bits down. */
uint32_t board_ticks(void) { return SYST_CVR; }
uint32_t board_ticks_since(uint32_t start) { return (start - SYST_CVR) & 0xffffffu; }

__attribute__((naked)) unsigned char *board_stack_pointer(void) { __asm__ volatile("mov r0, sp\n bx lr"); }
unsigned char *board_stack_limit(void) { return (unsigned char *)&board_stack_end; }

void board_reset(void);
void board_reset(void) {
#ifdef __ARM_FP
  CPACR |= 0xfu << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  volatile uint32_t *to = &data_start;
  for (const uint32_t *from = &data_image; to < &data_end;) *to++ = *from++;
  for (to = &bss_start; to < &bss_end;) *to++ = 0;
  SYST_RVR = 0xffffff;
  SYST_CVR = 0;
  SYST_CSR = 5;
  board_exit(main());
}

static void fault(void) {
  board_print("fault\n");
  board_exit(3);
}

__attribute__((section(".start"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))&board_stack_top, board_reset, fault, fault, fault, fault, fault};

/* For newlib, where a program brings it along. */
int _write(int file, const char *text, int length);
int _write(int file, const char *text, int length) {
  for (int i = 0; i < length; i++) {
    const char one[2] = {text[i], 0};
    board_print(one);
  }
  (void)file;
  return length;
}
