/* Registers the application and updates as services of the console, which does not depend on them. */
#include "services.h"
#include "application.h"
#include "board.h"
#include "console.h"
#if HAS_SECONDARY
#include "update.h"
#else
static void update_message(const struct message *message)
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
        {CONSOLE_UPDATE, CONSOLE_UPDATE_FINISH, update_message},
    };

    console_serve(services, sizeof services / sizeof services[0]);
}
