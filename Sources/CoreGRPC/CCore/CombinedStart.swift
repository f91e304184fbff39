import CGRPC

/// The start of several calls' last batches such that C-core writes them together: with a few system calls, in place of
/// one for each.
///
/// What a thread starts, C-core writes at once; what is started while it writes, it writes together. So the first call's batch
/// is started in parts, and a slice without bytes goes along with its message. C-core lets that slice go when it has written
/// the last part, while it still holds the connection; and what destroys the slice starts the other calls' batches. C-core leaves
/// what has piled up then to a thread of its own.
///
/// Nothing but speed depends on when the slice is destroyed: what was not started when the last part was, is started then.
final class CombinedStart: Operation, @unchecked Sendable {
  // Unchecked as its superclass is. It is the operation of the parts but the last, of which nobody wants to know anything.

  /// How many batches there are at least for this to take less time than to start each on its own.
  static let leastCount = 8

  private let others: Locked<ArraySlice<Operation>>

  /// Has C-core start operations that were held back, those on one connection together if they are enough.
  static func start(_ operations: [Operation]) {
    let connections = operations.count >= leastCount ? operations.map { $0.combiningConnection } : []
    guard let first = connections.first else { return startOneByOne(operations) }
    if connections.allSatisfy({ $0 == first }) {
      return first == nil ? startOneByOne(operations) : startTogether(operations)
    }
    var rest = zip(connections, operations).map { (connection: $0, operation: $1) }[...]
    rest.sort { ($0.connection?.order ?? 0) < ($1.connection?.order ?? 0) }
    while let first = rest.first {
      let end = rest.firstIndex { $0.connection != first.connection } ?? rest.endIndex
      let group = rest[..<end].map(\.operation)
      rest = rest[end...]
      if group.count >= leastCount, first.connection != nil {
        startTogether(group)
      } else {
        startOneByOne(group)
      }
    }
  }

  private static func startOneByOne(_ operations: [Operation]) {
    for operation in operations { operation.startHeldBack() }
  }

  private static func startTogether(_ operations: [Operation]) {
    var operations = operations
    if let first = operations.firstIndex(where: \.canStartOthers), first > 0 { operations.swapAt(0, first) }
    operations[0].startHeldBack(with: operations.dropFirst())
  }

  /// - Parameter others: All operations but the first.
  init(_ others: ArraySlice<Operation>) { self.others = Locked(others) }

  /// A slice without bytes that has the others started when it is destroyed.
  func slice() -> grpc_slice {
    // C-core calls the function once, on any thread, and gives the reference back with it.
    let startOthers: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
      guard let pointer else { preconditionFailure("C-core does not say which slice it destroys") }
      let start = Unmanaged<CombinedStart>.fromOpaque(pointer).takeRetainedValue()
      for other in start.takeOthers() { other.startHeldBackWithinCore() }
    }
    return grpc_slice_new_with_user_data(Self.noBytes, 0, startOthers, Unmanaged.passRetained(self).toOpaque())
  }

  /// Where no bytes are.
  ///
  /// Never read or written, but not nil, which functions such as `memcpy` may not be given even for no bytes.
  private nonisolated(unsafe) static let noBytes = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

  /// Takes away what has not been started.
  func takeOthers() -> ArraySlice<Operation> {
    others.withLock { others in
      defer { others = [] }
      return others
    }
  }

  override func complete(succeeded: Bool) {}
}
