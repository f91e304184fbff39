import Glibc

/// How long the machine's processors have had nothing to do.
///
/// Linux counts that in `/proc/stat`, in ticks of usually 10 ms. For one observer.
final class MachineLoad: Sendable {
  private let file = open("/proc/stat", O_RDONLY | O_CLOEXEC)
  private let lastTicks = Locked(Int?.none)

  deinit {
    if file >= 0 { close(file) }
  }

  /// The time since this was last asked, all processors together.
  ///
  /// Without limit where the system does not say, and zero when it is asked first.
  func idleTime() -> Duration {
    guard let ticks = idleTicks() else { return .seconds(3600) }
    let last = lastTicks.withLock { last in
      defer { last = ticks }
      return last ?? ticks
    }
    let ticksPerSecond = max(1, sysconf(Int32(_SC_CLK_TCK)))
    return .seconds(1) * max(0, ticks - last) / ticksPerSecond
  }

  private func idleTicks() -> Int? {
    // The first line: "cpu", then times for users, nice ones, the system, nobody, and nobody but a disk.
    var text = [UInt8](repeating: 0, count: 256)
    let count = pread(file, &text, text.count, 0)
    let line = text.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }
    let numbers = line.split(separator: UInt8(ascii: " ")).dropFirst().map { Int(String(decoding: $0, as: UTF8.self)) }
    guard numbers.count >= 5, let nobody = numbers[3], let disk = numbers[4] else { return nil }
    return nobody + disk
  }
}
