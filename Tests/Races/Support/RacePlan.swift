package import CoreGRPC

/// The work of one call of the race test, and the disturbance of it.
///
/// All of it follows from the seed.
package struct RacePlan: Sendable, CustomStringConvertible {
  package enum Kind: CaseIterable, Sendable {
    case unary, clientStreaming, serverStreaming, bidirectional
  }

  package enum Disturbance: CaseIterable, Sendable {
    case none, cancel, deadline, handlerError, handlerThrow, producerError, readerStops, channelClose
  }

  package let kind: Kind
  package let disturbance: Disturbance
  /// The number of messages each way that streams.
  package let messages: Int
  package let size: Int
  /// The number of times to let others go first before the disturbance.
  package let yields: Int

  package init(using generator: inout SeededGenerator) {
    kind = Kind.allCases.randomElement(using: &generator) ?? .unary
    disturbance = Disturbance.allCases.randomElement(using: &generator) ?? .none
    messages = Int.random(in: 0...6, using: &generator)
    size = [0, 1, 100, 20_000].randomElement(using: &generator) ?? 0
    yields = Int.random(in: 0...30, using: &generator)
  }

  package var description: String { "\(kind), \(disturbance), \(messages) × \(size) bytes, \(yields) yields" }

  /// The instructions for the handler, as metadata.
  package var metadata: Metadata {
    var metadata: Metadata = ["x-messages": .string(String(messages)), "x-yields": .string(String(yields))]
    switch disturbance {
    case .handlerError: metadata.addString("error", forKey: "x-fail")
    case .handlerThrow: metadata.addString("throw", forKey: "x-fail")
    case .none, .cancel, .deadline, .producerError, .readerStops, .channelClose: break
    }
    return metadata
  }

  package var options: CallOptions {
    disturbance == .deadline ? CallOptions(timeout: .microseconds(yields * 100)) : CallOptions(timeout: .seconds(120))
  }

  /// Whether an outcome can be what became of the call.
  ///
  /// - Parameter isStopping: Whether the server stops meanwhile, which may end any call.
  package func allows(_ outcome: RaceOutcome, isStopping: Bool) -> Bool {
    switch outcome {
    case .success: return true
    case .foreignError: return disturbance == .readerStops
    case .wrongAnswer: return false
    case .failure(let code):
      if isStopping, [.unavailable, .cancelled].contains(code) { return true }
      switch disturbance {
      case .none, .readerStops: return false
      case .cancel, .producerError: return code == .cancelled
      case .deadline: return code == .deadlineExceeded
      case .handlerError: return code == .aborted
      case .handlerThrow: return code == .unknown
      case .channelClose: return code == .unavailable
      }
    }
  }
}

/// The outcome of one call.
package enum RaceOutcome: Sendable, Hashable {
  case success
  case wrongAnswer
  case failure(RPCError.Code)
  case foreignError
}
