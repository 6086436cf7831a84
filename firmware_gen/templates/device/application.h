/* Console messages that the application handles. */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "link.h"

/* Handles SPEAK, PROSODY and STOP (voice) or RUN, WRITE and READ (model). */
void application_message(const struct message *message);

/* Called once, before the first message. */
void application_start(void);

#endif
