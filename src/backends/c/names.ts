/** Names that files and functions of C may have. */
import { InvalidArgumentError } from '../../errors.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Keywords of C to C23 and C++ to C++20 that begin with a letter, `main`, and what compilers define on some systems. */
const keywords = /* @__PURE__ */ words(
  'alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await co_return co_yield compl ' +
    'concept const const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit export ' +
    'extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected ' +
    'public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch template this ' +
    'thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq ' +
    'main std linux unix i386',
);

/** Functions of C's library, which compilers know by name: those of <math.h> for double, those of <string.h> and others. */
const mathFunctions = /* @__PURE__ */ words(
  'acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp gamma hypot ' +
    'ilogb j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo ' +
    'rint round scalbln scalbn sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn cabs carg cexp cimag clog conj cpow cproj creal csqrt',
);
const functions = /* @__PURE__ */ words(
  'abort abs atexit atof atoi atol atoll bsearch calloc div exit free getenv labs ldiv llabs lldiv malloc mblen mbstowcs mbtowc qsort rand realloc ' +
    'srand strtod strtof strtol strtold strtoll strtoul strtoull system wcstombs wctomb memchr memcmp memcpy memmove memset strcat strchr strcmp ' +
    'strcoll strcpy strcspn strerror strlen strncat strncmp strncpy strpbrk strrchr strspn strstr strtok strxfrm stpcpy strdup bcmp bcopy bzero index ' +
    'rindex ffs alloca clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fprintf fputc fputs fread freopen fscanf fseek fsetpos ftell ' +
    'fwrite getc getchar gets perror printf putc putchar puts remove rename rewind scanf setbuf setvbuf snprintf sprintf sscanf tmpfile tmpnam ungetc ' +
    'vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf stdin stdout stderr errno isalnum isalpha isblank iscntrl isdigit isgraph islower ' +
    'isprint ispunct isspace isupper isxdigit tolower toupper setjmp longjmp raise signal clock ctime time gmtime localtime mktime difftime strftime ' +
    'isfinite isinf isnan isnormal signbit fpclassify assert offsetof va_start va_arg va_end va_copy',
);

/** Headers that those of C include, and names that are no files on Windows: in any case of letters. */
const files = /* @__PURE__ */ words(
  'assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbit stdbool stdckdint stddef ' +
    'stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype alloca endian features ieeefp memory newlib picolibc strings ' +
    'aux con nul prn com1 com2 com3 com4 lpt1 lpt2 lpt3',
);

/** Types and macros of <stdint.h>, <stdio.h> and <math.h>, and error numbers. */
const macros =
  /^(u?int\w*_t|U?INT\w*_(C|MAX|MIN)|(SIZE|PTRDIFF|SIG_ATOMIC|WCHAR|WINT)_(MAX|MIN)|(s?size|ptrdiff|fpos|float|double)_t|E[A-Z0-9]+|FILE|NULL|BUFSIZ|SEEK_\w+|HUGE_VAL[FL]?|INFINITY|NAN|(FP|M)_\w+)$/;

const isTaken = (name: string): boolean =>
  keywords.has(name) ||
  functions.has(name) ||
  mathFunctions.has(name) ||
  (/[fl]$/.test(name) && mathFunctions.has(name.slice(0, -1))) ||
  files.has(name.toLowerCase()) ||
  macros.test(name);

/** Throws InvalidArgumentError for what is no identifier of C and C++, and for what they or their library have. */
export function requireIdentifier(name: string): void {
  const isIdentifier = /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !name.includes('__');
  if (!isIdentifier)
    throw new InvalidArgumentError(
      `name is ${JSON.stringify(name)}; expected an identifier of C: letters, digits and single _, a letter first`,
    );
  if (isTaken(name) || /^papilio(_|$)/i.test(name))
    throw new InvalidArgumentError(
      `name is ${JSON.stringify(name)}; expected none that C, C++, their library, or papilio in generated code has`,
    );
}
