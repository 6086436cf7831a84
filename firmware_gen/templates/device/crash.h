/* Reports a fault of the core over the console, then resets. */
#ifndef CRASH_H
#define CRASH_H

/* Handler of all faults. */
void crash(void);

/* Makes the bottom of the stack read-only, if the core has an MPU, so that a stack overflow causes a fault. */
void crash_guard_stack(void);

#endif
