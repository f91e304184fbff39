extension CoreGRPCLog {
  /// How much an event matters, in C-core's three levels.
  public enum Level: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// Details for whoever works on gRPC.
    case debug
    /// Worth knowing.
    case info
    /// Something went wrong.
    case error

    /// Whether the one level matters less than the other.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }
}
