/// A method that a channel calls, with its observer: an object, so that each call refers to it.
final class ObservedMethod: Sendable {
  let descriptor: MethodDescriptor

  /// The channel's target in full.
  let target: String

  /// The observer of the calls; `nil` without any.
  let observer: JoinedClientCallObservers?

  init(_ descriptor: MethodDescriptor, target: String, observer: JoinedClientCallObservers?) {
    self.descriptor = descriptor
    self.target = target
    self.observer = observer
  }
}
