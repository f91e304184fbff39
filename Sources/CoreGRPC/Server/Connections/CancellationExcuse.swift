/// The rule by which the deadline decides whether a cancelled call counts for ``Server/CancellationLimit``.
struct CancellationExcuse: Sendable, Hashable {
  private enum Kind: Sendable, Hashable {
    /// The call has no deadline, or one that had passed when the server came to the call.
    case none
    /// The deadline itself counts.
    case exact
    /// The deadline counts as far as it is known: the client's clock may be a little ahead.
    case tolerant
  }

  /// The time to the deadline from which on a client's clock matters less than the deadline.
  ///
  /// For a shorter time ``Deadline/isOver`` may be true from the start.
  private static let leastTolerantTime = Duration.milliseconds(200)

  private let kind: Kind

  /// - Parameter timeout: The time to the deadline when the server has come to the call; `nil` without one.
  init(timeout: Duration?) {
    switch timeout {
    case nil: kind = .none
    case let timeout? where timeout <= .zero: kind = .none
    case let timeout? where timeout < Self.leastTolerantTime: kind = .exact
    default: kind = .tolerant
    }
  }

  /// Returns whether the call does not count, if it ends now.
  func applies(_ deadline: Deadline?) -> Bool {
    switch kind {
    case .none: false
    case .exact: deadline.map { $0.instant <= .now } ?? false
    case .tolerant: deadline?.isOver ?? false
    }
  }
}
