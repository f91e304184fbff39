import ArgumentParser
import CoreGRPC
import Logging
import ProgramSettings

/// The options for the callers that a server accepts.
struct ServerCallerOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The bearer tokens of callers, one on a line.", valueName: "file"))
  var tokenFile: String?

  @Option(help: ArgumentHelp("Who may call what, in gRPC's format, JSON.", valueName: "file"))
  var authorizationPolicy: String?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&tokenFile, "token-file")
    try settings.fill(&authorizationPolicy, "authorization-policy")
  }

  /// Has a server keep to the policy, if there is one.
  ///
  /// - Throws: When the policy cannot be read.
  func setPolicy(in configuration: inout Server.Configuration) throws {
    configuration.authorizationPolicy = try authorizationPolicy.map { try AuthorizationPolicyProvider(file: $0) }
  }

  /// Returns the interceptor that refuses callers without a token, if there are tokens.
  ///
  /// - Throws: When the tokens cannot be read.
  func authenticator(logger: Logger) throws -> (any ServerInterceptor)? {
    guard let tokenFile else { return nil }
    let tokens = try AcceptedTokens(path: tokenFile, logger: logger)
    return BearerTokenAuthenticator(AcceptedTokens.Key.self) { token, _ in
      guard tokens.contain(token) else { throw RPCError(code: .unauthenticated, message: "the token is not accepted") }
    }
  }
}
