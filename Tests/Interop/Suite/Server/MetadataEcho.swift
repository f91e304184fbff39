import CoreGRPC

/// The metadata with which the test service answers what a client sent.
struct MetadataEcho: Sendable {
  static let initialKey = "x-grpc-test-echo-initial"
  static let trailingKey = "x-grpc-test-echo-trailing-bin"

  private(set) var initial = Metadata()
  private(set) var trailing = Metadata()

  init(_ received: Metadata) {
    for value in received[Self.initialKey] { initial.add(value, forKey: Self.initialKey) }
    for value in received[Self.trailingKey] { trailing.add(value, forKey: Self.trailingKey) }
  }
}
