/// The options for deferring and coalescing the sends of a completion queue's calls.
struct SendOptions: Sendable, Hashable {
  /// Whether pollers may defer the sends.
  let defers: Bool

  /// Whether deferred sends on one connection may be started together.
  let coalesces: Bool

  /// Creates options; the environment switches off for the whole process.
  init(defers: Bool = true, coalesces: Bool = true) {
    self.defers = defers && Self.environmentDefers
    self.coalesces = coalesces && Self.environmentCoalesces
  }

  private static let environmentDefers = !EnvironmentSwitch.deferSends.isOff
  private static let environmentCoalesces = !EnvironmentSwitch.coalesceSends.isOff
}
