import Glibc

/// The return of memory to the system that the process has allocated in a burst, and freed again.
///
/// C-core allocates some kilobytes for each call. The allocator keeps freed memory that lies below memory in use: after
/// a burst of calls, such as an attack, that is nearly all of it. `malloc_trim` returns it to the system. It holds the
/// allocator's locks meanwhile, so that it is called once after a burst, when the process takes no more memory. Only on
/// a thread that may block.
struct MemoryTrim {
  /// The number of bytes by which the process must have grown.
  static let leastGrowth = 64 << 20

  /// The number of looks, one a second, in which it must have changed by no more than ``calm``, in bytes.
  static let calmLookCount = 5
  static let calm = 1 << 20

  /// `int malloc_trim(size_t)` of glibc, which Swift's module of it does not have; `nil` with another C library.
  private static let trim: (@convention(c) (Int) -> Int32)? = unsafe dlsym(nil, "malloc_trim").map {
    unsafe unsafeBitCast($0, to: (@convention(c) (Int) -> Int32).self)
  }

  private var base: Int?
  private var last = 0
  private var calmCount = 0

  /// Looks at the process's resident memory, in bytes.
  ///
  /// - Returns: Whether it is time to return memory; then ``trimmed(_:)`` is to be called.
  mutating func look(_ resident: Int) -> Bool {
    calmCount = abs(resident - last) <= Self.calm ? calmCount + 1 : 0
    last = resident
    let base = min(base ?? resident, resident)
    self.base = base
    return calmCount >= Self.calmLookCount && resident - base >= Self.leastGrowth
  }

  /// Notes that memory has been returned: the resident memory is now in use, and the next burst begins above it.
  mutating func trimmed(_ resident: Int) {
    base = resident
    last = resident
    calmCount = 0
  }

  /// Returns memory to the system, if it is time.
  mutating func lookAtProcess() {
    guard let resident = Self.residentMemory, look(resident) else { return }
    _ = Self.trim?(0)
    trimmed(Self.residentMemory ?? resident)
  }

  /// The process's resident memory in bytes; `nil` where the system does not say.
  private static var residentMemory: Int? {
    // The size of the process and its resident part, in pages.
    guard let pages: InlineArray<2, Int> = CountsFile("/proc/self/statm").numbers() else { return nil }
    return pages[1] * sysconf(Int32(_SC_PAGESIZE))
  }
}
