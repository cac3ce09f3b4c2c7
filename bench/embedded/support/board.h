/* What a measured program and a board know of each other. */
#ifndef PAPILIO_BOARD_H
#define PAPILIO_BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of the board. */
void board_print(const char *text);
uint32_t board_ticks(void);
/* Ticks since `start`, however the counter wraps. */
uint32_t board_ticks_since(uint32_t start);
void board_exit(int code);
/* The stack pointer of the caller, and the lowest that it may get; NULL where nobody knows. */
unsigned char *board_stack_pointer(void);
unsigned char *board_stack_limit(void);

/* Of main.c: "name ff00aa..", elements of `size` bytes as hexadecimal words, one line. */
void print_elements(const char *name, const void *elements, size_t count, size_t size);

/* Of what is measured: once at the start, before each call (not counted), the call, and what the first call gave. */
void setup(void);
void prepare(void);
void call(void);
void report(void);

#ifdef __cplusplus
}
#endif

#endif
