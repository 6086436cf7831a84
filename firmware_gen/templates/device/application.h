/* Messages that the console passes on to the application. */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "link.h"

/* Answers SPEAK and PROSODY (voice), or RUN, WRITE and READ (model). */
void application_message(const struct message *message);

#endif
