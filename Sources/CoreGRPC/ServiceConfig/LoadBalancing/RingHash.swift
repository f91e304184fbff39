extension LoadBalancingConfig {
  /// The settings of ring hash (gRFC A76).
  public struct RingHash: Sendable, Hashable {
    /// The metadata key whose value decides on the address.
    ///
    /// A call without it goes to a random address.
    public var requestHashHeader: String

    /// The least number of entries of the ring.
    ///
    /// Defaults to 1,024.
    public var minRingSize: Int

    /// The largest number of entries of the ring.
    ///
    /// Defaults to 4,096. More entries distribute calls more evenly, and take more memory. C-core makes 4,096 at most,
    /// unless the argument `grpc.lb.ring_hash.ring_size_cap` of the channel allows more.
    public var maxRingSize: Int

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - requestHashHeader: The metadata key whose value decides on the address.
    ///   - minRingSize: The least number of entries of the ring. Defaults to 1,024.
    ///   - maxRingSize: The largest number of entries of the ring. Defaults to 4,096.
    public init(requestHashHeader: String, minRingSize: Int = 1_024, maxRingSize: Int = 4_096) {
      self.requestHashHeader = requestHashHeader
      self.minRingSize = minRingSize
      self.maxRingSize = maxRingSize
    }

    func json(field: String) throws(RuntimeError) -> JSONValue {
      // The largest number that gRFC A42 allows.
      let sizes = 1...8_388_608
      guard sizes.contains(minRingSize) else {
        throw RuntimeError(invalid: "\(field).minRingSize", "must be between 1 and \(sizes.upperBound)")
      }
      guard sizes.contains(maxRingSize), maxRingSize >= minRingSize else {
        throw RuntimeError(
          invalid: "\(field).maxRingSize",
          "must be between minRingSize, \(minRingSize), and \(sizes.upperBound)"
        )
      }
      guard !requestHashHeader.lowercased().hasSuffix("-bin") else {
        throw RuntimeError(invalid: "\(field).requestHashHeader", "must not be a binary header")
      }
      return .object([
        "requestHashHeader": try .name(requestHashHeader.lowercased(), field: "\(field).requestHashHeader"),
        "minRingSize": .number(String(minRingSize)),
        "maxRingSize": .number(String(maxRingSize)),
      ])
    }
  }
}
