package import CoreGRPC
import Glibc

/// The effect of one call of the chaos test on the server's threads, and the end of the call.
///
/// All of it follows from the seed.
package struct ChaosPlan: Sendable, CustomStringConvertible {
  /// The conduct of the handler, with its thread and its task, before it replies.
  package enum Conduct: String, CaseIterable, Sendable {
    case returns
    /// Sleeps without giving up its thread.
    case blocks
    /// Computes.
    case spins
    /// Gives up its thread again and again.
    case yields
    /// Cancels the task that it runs in.
    case cancelsItself
    /// Waits until it is cancelled.
    case waits
    /// Waits until it is cancelled, and blocks the thread that cancels it.
    case blocksOnCancel
  }

  /// The event that ends the call, if its handler does not.
  package enum Ending: Sendable, Hashable {
    case none
    case cancel(afterMilliseconds: Int)
    case deadline(milliseconds: Int)
  }

  package let identifier: UInt64
  /// Whether the method is one whose handlers do all kinds of things, or has handlers of this conduct alone.
  package let sharesMethod: Bool
  package let kind: RacePlan.Kind
  package let conduct: Conduct
  package let ending: Ending
  /// The time for which the handler blocks, computes or yields.
  package let milliseconds: Int

  package init(identifier: UInt64, using generator: inout SeededGenerator) {
    self.identifier = identifier
    sharesMethod = Bool.random(using: &generator)
    kind = RacePlan.Kind.allCases.randomElement(using: &generator) ?? .unary
    conduct = Conduct.allCases.randomElement(using: &generator) ?? .returns
    milliseconds = Int.random(in: 0...30, using: &generator)
    let time = Int.random(in: 1...60, using: &generator)
    let choice = Int.random(in: 0..<3, using: &generator)
    switch conduct {
    case .waits, .blocksOnCancel:
      ending = choice == 0 ? .cancel(afterMilliseconds: time) : .deadline(milliseconds: time)
    case .returns, .blocks, .spins, .yields, .cancelsItself:
      ending =
        switch choice {
        case 0: .none
        case 1: .cancel(afterMilliseconds: time)
        default: .deadline(milliseconds: time)
        }
    }
  }

  package var description: String { "call \(identifier): \(method), \(conduct) for \(milliseconds) ms, \(ending)" }

  package var method: MethodDescriptor { ChaosService.method(kind, sharesMethod ? nil : conduct) }

  /// The instructions for the handler.
  package var metadata: Metadata {
    [
      "x-identifier": .string(String(identifier)), "x-conduct": .string(conduct.rawValue),
      "x-milliseconds": .string(String(milliseconds)),
    ]
  }

  package var options: CallOptions {
    if case .deadline(let milliseconds) = ending { return CallOptions(timeout: .milliseconds(milliseconds)) }
    return CallOptions(timeout: .seconds(300))
  }

  /// Whether an outcome can be what became of the call.
  ///
  /// - Parameter isStopping: Whether the server stops meanwhile, which may end any call.
  package func allows(_ outcome: RaceOutcome, isStopping: Bool) -> Bool {
    switch outcome {
    case .success: return conduct != .waits && conduct != .blocksOnCancel
    case .wrongAnswer, .foreignError: return false
    case .failure(let code):
      if isStopping, code == .unavailable || code == .cancelled { return true }
      // What such a handler sends or receives afterwards fails.
      if conduct == .cancelsItself, code == .cancelled { return true }
      switch ending {
      case .none: return false
      case .cancel: return code == .cancelled
      case .deadline: return code == .deadlineExceeded
      }
    }
  }
}

/// The time of the system's monotonic clock, in nanoseconds: the same in all processes.
package func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
