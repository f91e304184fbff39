/// The reason for which an authorization policy cannot be used, with its place in the JSON.
struct AuthorizationPolicyProblem: Error, Sendable, Hashable {
  let message: String
}
