import CProtobufC

/// Finds out how deep a message type can nest.
struct DepthMeasurement {
  private enum State {
    case underWay
    case done(Int?)
  }

  private var states: [UnsafePointer<ProtobufCMessageDescriptor>: State] = [:]

  /// The most levels of sub-messages below a message of this type, or nil if there is no most.
  mutating func depth(of descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> Int? {
    switch states[descriptor] {
    case .underWay: return nil
    case .done(let depth): return depth
    case nil: break
    }
    states[descriptor] = .underWay
    let depth = depthOfFields(descriptor)
    states[descriptor] = .done(depth)
    return depth
  }

  private mutating func depthOfFields(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> Int? {
    var deepest = 0
    // A descriptor is a constant with `n_fields` fields.
    for field in UnsafeBufferPointer(start: descriptor.pointee.fields, count: Int(descriptor.pointee.n_fields)) {
      guard let child = field.messageDescriptor else { continue }
      guard let depth = depth(of: child) else { return nil }
      deepest = max(deepest, depth + 1)
    }
    return deepest
  }
}
