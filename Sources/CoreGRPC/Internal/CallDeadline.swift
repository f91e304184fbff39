/// The deadline of the call that the current task serves, which bounds the calls that it makes.
enum CallDeadline {
  static var current: Deadline? { ServerCall.currentDeadline }
}
