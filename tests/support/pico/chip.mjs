// node chip.mjs PACKAGE FIRMWARE.UF2 OUT [BURST]: runs the file on rp2040js, an independent model of the RP2040.
// The first BURST bytes for the UART arrive all at once, while the core waits.
//
// Prints the number of a TCP port on localhost, which is the console's UART. When the connection ends or the firmware
// enters the boot loader, it writes OUT.pcm, what an amplifier hears on the I2S pins (stereo, 16 bits), and OUT.json.
//
// The model has no ROM, and runs the PIO at no particular speed. This file acts as the ROM as its data sheet describes
// it: it programs the UF2 file, checks the second stage's CRC and starts it in SRAM, and has the function that starts the
// boot loader. It runs the PIO at its divider.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

const [, , packageFolder, file, out, burst = '0'] = process.argv;
const { RP2040 } = await import(pathToFileURL(`${packageFolder}/dist/esm/index.js`));

const FLASH = 0x10000000, STAGE = 0x20041f00, STAGE_BYTES = 256, RAM_END = 0x20042000;
const [BIT_CLOCK, WORD_SELECT, DATA] = [10, 11, 9];
const CYCLES_PER_BYTE = 1250; // at 1,000,000 baud and 125 MHz
const NANOSECONDS = 8; // per cycle
const SLICE = 50000; // instructions between looks at the connection

const problems = new Set();
const chip = new RP2040();
const log = (level) => (name, text) => problems.add(`${level} ${name}: ${text}`);
chip.logger = { debug() {}, info() {}, warn: log('warning'), error: log('error') };

// The ROM: pointers to a table of functions and to the function that looks a code up, which is Thumb code.
const rom = new Uint16Array(8192);
const TABLE = 0x80, LOOK_UP = 0x100, USB_BOOT = 0x116;
rom[0x14 / 2] = TABLE;
rom[0x18 / 2] = LOOK_UP | 1;
rom.set([0x4d4d /* MM */, 0x0001, 0x4255 /* UB */, USB_BOOT | 1, 0, 0], TABLE / 2);
rom.set([0x8802, 0x2a00, 0xd005, 0x428a, 0xd001, 0x3004, 0xe7f8, 0x8840, 0x4770, 0x2000, 0x4770, 0xbe55, 0xe7fd], LOOK_UP / 2);
chip.loadBootrom(new Uint32Array(rom.buffer));

const blocks = readFileSync(file);
for (let at = 0; at < blocks.length; at += 512) {
    const word = (offset) => blocks.readUInt32LE(at + offset);
    if (word(0) !== 0x0a324655 || word(4) !== 0x9e5d5157 || word(508) !== 0x0ab16f30 || word(28) !== 0xe48bff56)
        throw new Error(`no block for this chip at byte ${at}`);
    chip.flash.set(blocks.subarray(at + 32, at + 32 + word(16)), word(12) - FLASH);
}

let crc = 0xffffffff;
for (const byte of chip.flash.subarray(0, STAGE_BYTES - 4))
    for (let bit = 7, top; bit >= 0; bit--) {
        top = (crc >>> 31) ^ ((byte >> bit) & 1);
        crc = ((crc << 1) ^ (top ? 0x04c11db7 : 0)) >>> 0;
    }
if (crc !== chip.flashView.getUint32(STAGE_BYTES - 4, true))
    throw new Error('the second stage has the wrong CRC');
for (let at = 0; at < STAGE_BYTES; at += 4)
    chip.writeUint32(STAGE + at, chip.flashView.getUint32(at, true));
const { core } = chip;
core.SP = RAM_END;
core.LR = 0;
core.PC = STAGE;

let ended = '';
chip.onBreak = (code) => (ended = code === 0x55 ? 'boot loader' : `breakpoint ${code}`);

// Writes to the SSI, which reads the flash.
const flashWrites = [];
const ssi = chip.peripherals[0x18000], write = ssi.writeUint32.bind(ssi);
ssi.writeUint32 = (offset, value) => {
    flashWrites.push([0x18000000 + offset, value >>> 0]);
    write(offset, value);
};

// The amplifier reads data when the bit clock rises. Word select changes one bit before the end of a word.
const heard = [];
let word = 0, channel = 0;
chip.gpio[BIT_CLOCK].addListener((state) => {
    if (state !== 1)
        return;
    word = ((word << 1) | (chip.gpio[DATA].value === 1 ? 1 : 0)) & 0xffff;
    const select = chip.gpio[WORD_SELECT].value;
    if (select !== channel) {
        heard.push(word);
        channel = select;
    }
});

let connection = null;
const received = [], sent = [];
chip.uart[0].onByte = (byte) => sent.push(byte);
let bauds = 0;
chip.uart[0].onBaudRateChange = (baud) => (bauds = baud);

const pio = chip.pio[0];
pio.run = () => {};
let cycles = 0, idle = 0, instructions = 0, toByte = 0, toStep = 0, early = Number(burst);

function pass(passed) {
    cycles += passed;
    chip.clock.tick(passed * NANOSECONDS);
    toByte -= passed;
    if (early > 0 && received.length >= early) {
        received.splice(0, early).forEach((byte) => chip.uart[0].feedByte(byte));
        early = 0;
        toByte = CYCLES_PER_BYTE;
    }
    if (toByte <= 0 && received.length) {
        chip.uart[0].feedByte(received.shift());
        toByte = CYCLES_PER_BYTE;
    }
    if (pio.stopped)
        return;
    const machine = pio.machines[0];
    for (toStep -= passed; toStep <= 0; toStep += machine.clockDivInt + machine.clockDivFrac / 256)
        pio.step();
}

function run() {
    for (let i = 0; i < SLICE && !ended; i++) {
        if (!core.waiting) {
            instructions++;
            pass(core.executeInstruction());
        } else if (core.checkForInterrupts()) {
            core.waiting = false;
        } else if (received.length || !pio.stopped) {
            idle += 32;
            pass(32);
        } else {
            break; // nothing happens until the host sends something
        }
    }
    if (sent.length)
        connection?.write(Buffer.from(sent.splice(0)));
    if (ended)
        finish();
    else
        setImmediate(run);
}

function finish() {
    const pcm = Buffer.alloc(2 * heard.length);
    heard.forEach((value, at) => pcm.writeUInt16LE(value, 2 * at));
    writeFileSync(`${out}.pcm`, pcm);
    const seconds = cycles * NANOSECONDS / 1e9;
    const facts = { ended, problems: [...problems], cycles, idle, instructions, seconds, flash_writes: flashWrites, clock_hz: chip.clkSys, baud: bauds, baud_now: chip.uart[0].baudRate };
    writeFileSync(`${out}.json`, JSON.stringify(facts));
    connection?.end();
    server.close();
    process.exitCode = 0;
    setTimeout(() => process.exit(0), 100);
}

const server = createServer((socket) => {
    connection = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => received.push(...bytes));
    socket.on('error', () => (ended ||= 'disconnected'));
    socket.on('end', () => (ended ||= 'disconnected'));
    run();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
