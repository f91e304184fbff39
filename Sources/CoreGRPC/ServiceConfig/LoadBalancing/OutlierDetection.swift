extension LoadBalancingConfig {
  /// The settings of outlier detection (gRFC A50): the channel compares the results of calls for each address, and
  /// sends no calls to those that stand out, for a while.
  ///
  /// An address that is ejected again and again stays away longer each time. Give it ``successRateEjection`` or
  /// ``failurePercentageEjection``, or both; with neither nothing is ejected.
  public struct OutlierDetection: Sendable, Hashable {
    /// The time between two comparisons.
    ///
    /// Defaults to 10 seconds.
    public var interval: Duration = .seconds(10)

    /// The time for which an address is ejected, times the number of its ejections.
    ///
    /// Defaults to 30 seconds.
    public var baseEjectionTime: Duration = .seconds(30)

    /// The longest time for which an address is ejected.
    ///
    /// Defaults to 300 seconds.
    public var maxEjectionTime: Duration = .seconds(300)

    /// The share of addresses that may be ejected at a time, in percent; one may be in any case.
    ///
    /// Defaults to 10.
    public var maxEjectionPercent = 10

    /// The ejection of addresses whose share of successful calls is far below the others'.
    ///
    /// Defaults to `nil`: none is ejected for that.
    public var successRateEjection: SuccessRateEjection?

    /// The ejection of addresses whose share of failed calls is above a threshold.
    ///
    /// Defaults to `nil`: none is ejected for that.
    public var failurePercentageEjection: FailurePercentageEjection?

    /// The policies that distribute calls over the other addresses, in order of preference.
    ///
    /// Defaults to ``LoadBalancingConfig/roundRobin``.
    public var childPolicy: [LoadBalancingConfig] = [.roundRobin]

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - successRateEjection: The ejection by success rate. Defaults to `nil`: none.
    ///   - failurePercentageEjection: The ejection by a threshold of failures. Defaults to `nil`: none.
    public init(
      successRateEjection: SuccessRateEjection? = nil,
      failurePercentageEjection: FailurePercentageEjection? = nil
    ) {
      self.successRateEjection = successRateEjection
      self.failurePercentageEjection = failurePercentageEjection
    }

    func json(field: String) throws(RuntimeError) -> JSONValue {
      var object: JSONObject = [
        "interval": try .duration(interval, field: "\(field).interval"),
        "baseEjectionTime": try .duration(baseEjectionTime, field: "\(field).baseEjectionTime"),
        "maxEjectionTime": try .duration(maxEjectionTime, field: "\(field).maxEjectionTime"),
        "maxEjectionPercent": try .percentage(maxEjectionPercent, field: "\(field).maxEjectionPercent"),
      ]
      if let successRateEjection {
        object.add("successRateEjection", try successRateEjection.json(field: "\(field).successRateEjection"))
      }
      if let failurePercentageEjection {
        let field = "\(field).failurePercentageEjection"
        object.add("failurePercentageEjection", try failurePercentageEjection.json(field: field))
      }
      guard !childPolicy.isEmpty else { throw RuntimeError(invalid: "\(field).childPolicy", "must not be empty") }
      var children: [JSONValue] = []
      for (index, policy) in childPolicy.enumerated() {
        children.append(try policy.json(field: "\(field).childPolicy[\(index)]"))
      }
      object.add("childPolicy", .array(children))
      return .object(object)
    }
  }
}

extension LoadBalancingConfig.OutlierDetection {
  /// The ejection of addresses whose share of successful calls is far below the others'.
  public struct SuccessRateEjection: Sendable, Hashable {
    /// The distance from the mean at which an address is ejected, in thousandths of the standard deviation.
    ///
    /// Defaults to 1,900.
    public var stdevFactor = 1_900

    /// The probability that such an address is ejected, in percent.
    ///
    /// Defaults to 100.
    public var enforcementPercentage = 100

    /// The least number of addresses with enough calls.
    ///
    /// Defaults to 5.
    public var minimumHosts = 5

    /// The least number of calls of an address in an interval.
    ///
    /// Defaults to 100.
    public var requestVolume = 100

    /// Creates the default settings.
    public init() {}

    func json(field: String) throws(RuntimeError) -> JSONValue {
      .object([
        "stdevFactor": try .size(stdevFactor, field: "\(field).stdevFactor"),
        "enforcementPercentage": try .percentage(enforcementPercentage, field: "\(field).enforcementPercentage"),
        "minimumHosts": try .size(minimumHosts, field: "\(field).minimumHosts"),
        "requestVolume": try .size(requestVolume, field: "\(field).requestVolume"),
      ])
    }
  }

  /// The ejection of addresses whose share of failed calls is above a threshold.
  public struct FailurePercentageEjection: Sendable, Hashable {
    /// The share of failed calls above which an address is ejected, in percent.
    ///
    /// Defaults to 85.
    public var threshold = 85

    /// The probability that such an address is ejected, in percent.
    ///
    /// Defaults to 100.
    public var enforcementPercentage = 100

    /// The least number of addresses with enough calls.
    ///
    /// Defaults to 5.
    public var minimumHosts = 5

    /// The least number of calls of an address in an interval.
    ///
    /// Defaults to 50.
    public var requestVolume = 50

    /// Creates the default settings.
    public init() {}

    func json(field: String) throws(RuntimeError) -> JSONValue {
      .object([
        "threshold": try .percentage(threshold, field: "\(field).threshold"),
        "enforcementPercentage": try .percentage(enforcementPercentage, field: "\(field).enforcementPercentage"),
        "minimumHosts": try .size(minimumHosts, field: "\(field).minimumHosts"),
        "requestVolume": try .size(requestVolume, field: "\(field).requestVolume"),
      ])
    }
  }
}
