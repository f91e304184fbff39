import Foundation

/// Gives C-core time to close connections before LeakSanitizer looks for leaks at the process's exit.
///
/// A connection that is being closed is referred to by the kernel alone, where LeakSanitizer does not look, so a
/// process that exits right after its last channel or server reports one now and then. What is still there after some
/// seconds is reported.
public enum LeakCheck {
  /// Whether LeakSanitizer is in the process.
  public static var isAvailable: Bool { symbol != nil }

  /// Has the process ask LeakSanitizer when it exits, until nothing leaks or ten seconds have passed: without effect
  /// elsewhere.
  public static func waitAtExit() { _ = isRegistered }

  private static let isRegistered: Bool = {
    guard isAvailable else { return false }
    // Called before LeakSanitizer's own function, which was registered earlier.
    return atexit {
      for _ in 0..<20 {
        guard let symbol = LeakCheck.symbol else { return }
        // The symbol's type as <sanitizer/lsan_interface.h> declares it.
        let check = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
        if check() == 0 { return }
        usleep(500_000)
      }
    } == 0
  }()

  private static var symbol: UnsafeMutableRawPointer? { dlsym(nil, "__lsan_do_recoverable_leak_check") }
}
