extension CoreGRPCLog {
  /// The level of an event, one of C-core's three.
  public enum Level: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// Details for the developers of gRPC.
    case debug
    /// Information.
    case info
    /// A failure.
    case error

    /// Whether one level is lower than the other.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }
}
