/// The end of a call at which a piece of code stands.
enum CallRole: Sendable, Hashable, CaseIterable {
  case client, server
}
