extension LoadBalancingConfig {
  /// The settings of weighted round robin (gRFC A58).
  ///
  /// An address's weight is its queries per second over its utilization, as its server reports them: in the trailing
  /// metadata of calls, or on a stream of its own (`xds.service.orca.v3.OpenRcaService`).
  public struct WeightedRoundRobin: Sendable, Hashable {
    /// Whether the channel asks each server for reports on a stream of its own, in place of those with calls.
    ///
    /// Defaults to `false`.
    public var enableOOBLoadReport = false

    /// The time between two reports on that stream.
    ///
    /// Defaults to 10 seconds.
    public var oobReportingPeriod: Duration = .seconds(10)

    /// The time for which a server must have reported before its weight counts.
    ///
    /// Defaults to 10 seconds. Zero lets the first report count.
    public var blackoutPeriod: Duration = .seconds(10)

    /// The time after the last report at which a weight no longer counts.
    ///
    /// Defaults to 180 seconds.
    public var weightExpirationPeriod: Duration = .seconds(180)

    /// The time between two changes of the weights; C-core takes 100 ms at least.
    ///
    /// Defaults to 1 second.
    public var weightUpdatePeriod: Duration = .seconds(1)

    /// The factor by which the share of failed calls lowers a weight.
    ///
    /// Defaults to 1. With 0 failures do not count.
    public var errorUtilizationPenalty = 1.0

    /// Creates the default settings.
    public init() {}

    func json(field: String) throws(RuntimeError) -> JSONValue {
      guard errorUtilizationPenalty >= 0, errorUtilizationPenalty.isFinite else {
        throw RuntimeError(invalid: "\(field).errorUtilizationPenalty", "must be a number that is not negative")
      }
      let blackout: JSONValue =
        try blackoutPeriod == .zero ? .string("0s") : .duration(blackoutPeriod, field: "\(field).blackoutPeriod")
      return .object([
        "enableOobLoadReport": .bool(enableOOBLoadReport),
        "oobReportingPeriod": try .duration(oobReportingPeriod, field: "\(field).oobReportingPeriod"),
        "blackoutPeriod": blackout,
        "weightExpirationPeriod": try .duration(weightExpirationPeriod, field: "\(field).weightExpirationPeriod"),
        "weightUpdatePeriod": try .duration(weightUpdatePeriod, field: "\(field).weightUpdatePeriod"),
        "errorUtilizationPenalty": .number(errorUtilizationPenalty.description),
      ])
    }
  }
}
