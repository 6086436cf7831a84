/* Runs the voice "one" and the model "net" on an emulated Cortex-M, like firmware that reserves r9. The traces are, by
   number: 0 the samples of the ids, 1 the instructions that these took, 2 the instructions of the longest call, 3 the
   model's output, 4 the instructions that it took, 5 the samples of a text, and 6 the instructions that these took.
   An instruction takes TICKS_Q8 / 256 ticks of the counter at COUNTER. */
#include "watch_kernels/harness.h"

#include "ids.h"
#include "net.h"
#include "one.h"

extern const char R9[]; /* the address of the global offset table if data is position-independent */
register const char *reserved __asm__("r9");

static uint32_t started(void)
{
    return *(volatile const uint32_t *)(uintptr_t)COUNTER;
}

static uint32_t since(uint32_t start)
{
    return (uint32_t)(((uint64_t)(started() - start) * 256) / TICKS_Q8);
}

static void count(int32_t what, uint32_t instructions)
{
    tt_trace(what, 0, &instructions, sizeof instructions);
}

static struct one voice;

/* Traces the samples of the speech that has begun, as trace `what`, and adds the instructions of all calls and of the
   longest call. */
static void speak(int32_t what, uint32_t *all, uint32_t *worst)
{
    static int16_t pcm[ONE_HOP];

    while (!one_drained(&voice)) {
        const uint32_t start = started();
        const size_t samples = one_read(&voice, pcm, ONE_HOP);
        const uint32_t took = since(start);

        *all += took;
        *worst = took > *worst ? took : *worst;
        if (reserved != R9)
            return;
        tt_trace(what, 0, pcm, (uint32_t)(samples * sizeof pcm[0]));
    }
}

void run_cases(void)
{
    static struct net graph;
    uint32_t all = 0, worst = 0;
    int8_t *input;

    reserved = R9;
    one_init(&voice);
    one_set(&voice, (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE, TICKTALK_ONE, ONE_SPEAKERS - 1, 0});
    one_begin(&voice, ids, sizeof ids, 1);
    speak(0, &all, &worst);
    count(1, all);
    count(2, worst);
    input = net_input_0(&graph);
    for (uint32_t i = 0; i < NET_INPUT_0_BYTES; i++)
        input[i] = (int8_t)(i * 37);
    all = started();
    net_invoke(&graph);
    all = since(all);
    if (reserved != R9)
        return;
    tt_trace(3, 0, net_output_0(&graph), NET_OUTPUT_0_BYTES);
    count(4, all);
    all = 0;
    one_begin_text(&voice, text, sizeof text - 1);
    speak(5, &all, &worst);
    count(6, all);
}
