/* glibc before 2.34 runs constructors through a function that the program passes; the start files of newer ones pass
   none. The linker's --wrap puts this function between them (scripts/old-glibc.sh). */
typedef void constructor(int, char **, char **);

extern constructor *__init_array_start[] __attribute__((visibility("hidden")));
extern constructor *__init_array_end[] __attribute__((visibility("hidden")));
extern void _init(void);

static void construct(int argc, char **argv, char **envp) {
  _init();
  for (constructor **c = __init_array_start; c < __init_array_end; c++) (*c)(argc, argv, envp);
}

int __real___libc_start_main(int (*)(int, char **, char **), int, char **, constructor *, void (*)(void),
                             void (*)(void), void *);

int __wrap___libc_start_main(int (*run)(int, char **, char **), int argc, char **argv, constructor *none,
                             void (*end)(void), void (*loader_end)(void), void *stack) {
  (void)none;
  return __real___libc_start_main(run, argc, argv, construct, end, loader_end, stack);
}
