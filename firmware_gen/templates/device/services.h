/* Everything that this firmware answers on its console. */
#ifndef SERVICES_H
#define SERVICES_H

__attribute__((noreturn)) void services_run(void);

#endif
