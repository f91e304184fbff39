/// The parts of an instrument that swift-metrics does not carry.
public struct InstrumentDescription: Sendable {
  /// The unit, as the last word of the name: `seconds` or `bytes`; `nil` for a number without.
  public var unit: String?

  /// The upper bounds of a histogram's buckets, in ascending order; `nil` for a sum and a count only.
  public var bounds: [Double]?

  /// A sentence for readers.
  public var help: String?

  /// Creates a description.
  ///
  /// - Parameters:
  ///   - unit: The unit, as the last word of the name. Defaults to none.
  ///   - bounds: The upper bounds of a histogram's buckets. Defaults to `nil`: a sum and a count only.
  ///   - help: A sentence for readers. Defaults to none.
  public init(unit: String? = nil, bounds: [Double]? = nil, help: String? = nil) {
    self.unit = unit
    self.bounds = bounds
    self.help = help
  }
}
