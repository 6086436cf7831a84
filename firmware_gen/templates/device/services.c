/* Registers the application, text and updates as services. The console itself does not depend on these services. */
#include "services.h"
#include "application.h"
#include "board.h"
#include "console.h"
#include "parts.h"
#if HAS_SECONDARY
#include "update.h"
#else
static void update_message(const struct message *message)
{
    (void)message;
    console_error(FAULT_ABSENT);
}
#endif

#if HAS_TEXT
#include "text_app.h"
#else
static void text_message(const struct message *message)
{
    (void)message;
    console_error(FAULT_ABSENT);
}
#endif

void services_run(void)
{
    static const struct console_service services[] = {
        {CONSOLE_SPEAK, CONSOLE_READ, application_message},
        {CONSOLE_PROSODY, CONSOLE_PROSODY, application_message},
        {CONSOLE_TEXT, CONSOLE_TEXT_MORE, text_message},
        {CONSOLE_STOP, CONSOLE_STOP, application_message},
        {CONSOLE_UPDATE, CONSOLE_UPDATE_FINISH, update_message},
    };

    application_start();
    console_serve(services, sizeof services / sizeof services[0]);
}
