import ArgumentParser
import CoreGRPC
import CoreGRPCServices
import Logging
import ProgramSettings

/// The options for the callers that a server accepts.
struct ServerTokenOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The bearer tokens of callers, one on a line.", valueName: "file"))
  var tokenFile: String?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&tokenFile, "token-file")
  }

  /// Returns the interceptors that refuse other callers.
  ///
  /// Health checks and reflection come without tokens.
  ///
  /// - Throws: When the tokens cannot be read.
  func interceptors(logger: Logger) throws -> [ConditionalInterceptor<any ServerInterceptor>] {
    guard let tokenFile else { return [] }
    let tokens = try AcceptedTokens(path: tokenFile, logger: logger)
    let authenticator = BearerTokenAuthenticator(AcceptedTokens.Key.self) { token, _ in
      guard tokens.contain(token) else { throw RPCError(code: .unauthenticated, message: "the token is not accepted") }
    }
    let open = ReflectionService.descriptors.union([HealthService.descriptor])
    return [.apply(authenticator, to: .allExcluding(services: open, methods: []))]
  }
}
