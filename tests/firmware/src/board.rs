//! What differs between Cortex-M and RISC-V: the start, the count of instructions, the stack.

use core::arch::asm;
use core::ptr::{addr_of, read_volatile, write_volatile};

unsafe extern "C" {
    static __sheap: u32;
    static _stack_start: u32;
}

/// What no stack holds by chance.
const PAINT: u32 = 0xa5a5_5a5a;

/// Stack that `paint` leaves alone: its own frame, and its caller's.
const MARGIN: usize = 64;

/// The lowest word that is painted: the end of the statics, or 64 KiB below the stack's start.
fn bottom() -> usize {
    let (statics, stack) = (addr_of!(__sheap) as usize, addr_of!(_stack_start) as usize);
    statics.max(stack.saturating_sub(64 * 1024)).next_multiple_of(4)
}

/// Where the stack is now.
#[inline(always)]
fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack));
    }
    pointer
}

/// Paints the free memory below the stack; the deepest stack is measured from here. On boards with a
/// lot of memory, 64 KiB of it.
#[inline(never)]
pub fn paint() {
    let top = stack_pointer() - MARGIN;
    let mut word = bottom();
    // SAFETY: the memory between the end of the statics and the stack is nobody's.
    while word + 4 <= top {
        unsafe { write_volatile(word as *mut u32, PAINT) };
        word += 4;
    }
}

/// The lowest word that has been written since `paint`.
fn lowest() -> usize {
    let (mut word, top) = (bottom(), stack_pointer());
    // SAFETY: as in `paint`.
    while word + 4 <= top && unsafe { read_volatile(word as *const u32) } == PAINT {
        word += 4;
    }
    word
}

/// Bytes of stack that were used below the caller's frame since `paint`.
#[allow(dead_code, reason = "not all firmwares ask")]
#[inline(never)]
pub fn deepest() -> usize {
    stack_pointer() - lowest()
}

/// Bytes of the whole stack that were used since `paint`, the caller's frames included.
#[inline(never)]
pub fn high_water() -> usize {
    addr_of!(_stack_start) as usize - lowest()
}

#[cfg(target_arch = "arm")]
mod arm {
    use cortex_m::peripheral::SYST;
    use cortex_m::peripheral::syst::SystClkSource;

    /// Nanoseconds of a tick of the board's clock. QEMU's `-icount shift=0` takes one nanosecond for an
    /// instruction, so this is also how many instructions there are in a tick.
    const TICK_EIGHTHS: u64 = match option_env!("TINYEVO_TICK_EIGHTHS") {
        Some(text) => {
            let (mut value, mut index) = (0, 0);
            while index < text.len() {
                value = 10 * value + (text.as_bytes()[index] - b'0') as u64;
                index += 1;
            }
            value
        }
        None => 8,
    };

    #[cortex_m_rt::entry]
    fn start() -> ! {
        if let Some(mut peripherals) = cortex_m::Peripherals::take() {
            peripherals.SYST.set_clock_source(SystClkSource::Core);
            peripherals.SYST.set_reload(0x00ff_ffff);
            peripherals.SYST.clear_current();
            peripherals.SYST.enable_counter();
        }
        crate::main()
    }

    /// The counter, for `since`.
    pub fn now() -> u64 {
        u64::from(0x00ff_ffff - SYST::get_current())
    }

    /// Instructions since `now` gave `start`. The counter has 24 bits: up to 671 million at 25 MHz.
    pub fn since(start: u64) -> u64 {
        (now().wrapping_sub(start) & 0x00ff_ffff) * TICK_EIGHTHS / 8
    }
}

#[cfg(target_arch = "arm")]
pub use arm::{now, since};

#[cfg(target_arch = "riscv32")]
mod riscv {
    #[riscv_rt::entry]
    fn start() -> ! {
        crate::main()
    }

    /// The counter, for `since`.
    pub fn now() -> u64 {
        riscv::register::minstret::read64()
    }

    /// Instructions since `now` gave `start`.
    pub fn since(start: u64) -> u64 {
        now().wrapping_sub(start)
    }
}

#[cfg(target_arch = "riscv32")]
pub use self::riscv::{now, since};
