/* The services of this firmware's console. */
#ifndef SERVICES_H
#define SERVICES_H

__attribute__((noreturn)) void services_run(void);

#endif
