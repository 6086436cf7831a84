/* Reads text on the watch: TEXT receives UTF-8 and sends speech. */
#ifndef TEXT_APP_H
#define TEXT_APP_H

#include "link.h"

/* Handles TEXT and TEXT_MORE. */
void text_message(const struct message *message);

#endif
