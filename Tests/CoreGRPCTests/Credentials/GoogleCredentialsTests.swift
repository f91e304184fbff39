import CoreGRPC
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Credentials of C-core's own", .timeLimit(.minutes(5)))
struct GoogleCredentialsTests {
  /// Runs `body` with a TLS server that answers with the call's metadata of some keys.
  private func withServer<Result>(body: (TestServer) async throws -> Result) async throws -> Result {
    let certificates = try await TestCertificates()
    return try await withTestServer(
      credentials: .tls(identity: certificates.server),
      channelCredentials: .tls(trustRoots: certificates.trustRoots, serverHostname: "any.test.google.fr"),
      handler: { request, _ in
        let keys = ["authorization", "x-goog-iam-authorization-token", "x-goog-iam-authority-selector"]
        let values = keys.flatMap { request.metadata[stringValues: $0] }
        return ServerResponse(message: Array(values.joined(separator: ",").utf8))
      },
      body: body
    )
  }

  private func values(_ test: TestServer, _ credentials: CallCredentials) async throws -> String {
    String(decoding: try await test.call(options: CallOptions(credentials: credentials)).message, as: UTF8.self)
  }

  /// Returns the claims of a token, whose signature is checked.
  private func claims(of token: Substring, signedBy key: URL) async throws -> [String: Any] {
    let parts = token.split(separator: ".").map(String.init)
    try #require(parts.count == 3)
    func decoded(_ part: String) throws -> Data {
      let text = part.replacing("-", with: "+").replacing("_", with: "/")
      return try #require(Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4)))
    }
    let folder = key.deletingLastPathComponent()
    let (signed, signature) = (folder.appending(path: "signed"), folder.appending(path: "signature"))
    try Data("\(parts[0]).\(parts[1])".utf8).write(to: signed)
    try decoded(parts[2]).write(to: signature)
    let check = try await ChildProcess.run(
      URL(filePath: "/usr/bin/openssl"),
      ["dgst", "-sha256", "-prverify", key.path, "-signature", signature.path, signed.path]
    )
    #expect(check.status == 0, "\(check.errors)")
    return try #require(try JSONSerialization.jsonObject(with: decoded(parts[1])) as? [String: Any])
  }

  @Test("A service account's key signs a token for the service")
  func serviceAccount() async throws {
    let certificates = try await TestCertificates()
    let key = certificates.folder.appending(path: "rsa.key")
    let made = try await ChildProcess.run(URL(filePath: "/usr/bin/openssl"), ["genrsa", "-out", key.path, "2048"])
    try #require(made.status == 0, "\(made.errors)")
    let json = try JSONSerialization.data(withJSONObject: [
      "type": "service_account", "private_key_id": "key-1", "private_key": String(contentsOf: key, encoding: .utf8),
      "client_id": "123", "client_email": "tests@coregrpc.example",
    ])
    let credentials = try CallCredentials.serviceAccountJWT(
      key: String(decoding: json, as: UTF8.self),
      tokenLifetime: .seconds(600)
    )
    try await withServer { (test) async throws in
      let value = try await values(test, credentials)
      #expect(value.hasPrefix("Bearer "))
      let claims = try await claims(of: value.dropFirst(7), signedBy: key)
      #expect(claims["iss"] as? String == "tests@coregrpc.example")
      #expect(claims["sub"] as? String == "tests@coregrpc.example")
      #expect(claims["aud"] as? String == "https://any.test.google.fr/")
      let (issued, expiry) = (try #require(claims["iat"] as? Int), try #require(claims["exp"] as? Int))
      #expect(expiry - issued == 600)
      #expect(abs(Double(issued) - Date().timeIntervalSince1970) < 300)

      // Together with the program's own.
      let both = try await values(test, .composite(credentials, .googleIAM(token: "t", authoritySelector: "s")))
      #expect(both == "\(value),t,s")
    }
  }

  @Test("A token exchange fetches a token, and keeps it")
  func tokenExchange() async throws {
    let certificates = try await TestCertificates()
    let subject = certificates.folder.appending(path: "subject")
    try "mine".write(to: subject, atomically: true, encoding: .utf8)
    let service = try TokenService()
    var exchange = CallCredentials.TokenExchange(
      service: "http://127.0.0.1:\(service.port)/token",
      subjectTokenPath: subject.path,
      subjectTokenType: "urn:ietf:params:oauth:token-type:jwt"
    )
    exchange.audience = "greeter"
    exchange.scope = "read"
    let credentials = try CallCredentials.tokenExchange(exchange)
    try await withServer { (test) async throws in
      for _ in 0..<3 { #expect(try await values(test, credentials) == "Bearer exchanged") }
    }
    #expect(service.requests.count == 1)
    let body = try #require(service.requests.first)
    for part in ["subject_token=mine", "audience=greeter", "scope=read", "subject_token_type=urn:ietf"] {
      #expect(body.contains(part), "\(body)")
    }
  }

  @Test("A failed exchange is the call's error")
  func failedExchange() async throws {
    let certificates = try await TestCertificates()
    let exchange = CallCredentials.TokenExchange(
      service: "http://127.0.0.1:1/token",
      subjectTokenPath: certificates.path("no-such-file"),
      subjectTokenType: "urn:ietf:params:oauth:token-type:jwt"
    )
    let credentials = try CallCredentials.tokenExchange(exchange)
    try await withServer { (test) async throws in
      let error = await rpcError { try await values(test, credentials) }
      // C-core 1.51 makes it UNKNOWN, newer ones UNAVAILABLE.
      #expect(error?.code == .unknown || error?.code == .unavailable)
      let message = error?.message ?? "no error"
      // gRPC 1.85 names the file.
      #expect(message.contains("oauth2 token") || message.contains(exchange.subjectTokenPath), "\(message)")
    }
  }

  @Test("A value that is not valid throws, and the error has no secret")
  func invalid() throws {
    let secret = "{\"private_key\": \"secret\"}"
    let errors: [RuntimeError?] = [
      #expect(throws: RuntimeError.self) { try CallCredentials.serviceAccountJWT(key: secret) },
      #expect(throws: RuntimeError.self) { try CallCredentials.googleRefreshToken(secret) },
      #expect(throws: RuntimeError.self) { try CallCredentials.externalAccount(secret) },
      #expect(throws: RuntimeError.self) {
        try CallCredentials.tokenExchange(.init(service: "ftp://x", subjectTokenPath: "x", subjectTokenType: "x"))
      },
    ]
    for error in errors {
      #expect(error?.code == .invalidCredentials)
      #expect(error?.message.contains("secret") == false)
    }
    let refreshToken = """
      {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
      """
    _ = try CallCredentials.googleRefreshToken(refreshToken)
    _ = try CallCredentials.googleComputeEngine
  }

  @Test("Without Google's credentials and outside its cloud, channels and servers say so")
  func unavailable() throws {
    let isConfigured = ProcessInfo.processInfo.environment["GOOGLE_APPLICATION_CREDENTIALS"] != nil
    try #require(!isConfigured, "this machine has credentials of Google")
    for (credentials, text) in [
      (.googleDefault, "application default credentials"), (.alts(targetServiceAccounts: ["a"]), "ALTS"),
    ] as [(ChannelCredentials, String)] {
      let error = #expect(throws: RuntimeError.self) {
        try Channel(target: "127.0.0.1:1", credentials: credentials)
      }
      #expect(error?.code == .invalidCredentials)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "no error")")
    }
    let error = #expect(throws: RuntimeError.self) {
      try Server(router: RPCRouter()).listen(on: ListenAddress("127.0.0.1:0"), credentials: .alts)
    }
    #expect(error?.code == .invalidCredentials)
  }
}

/// A security token service, which answers every request with the same token.
private final class TokenService: Sendable {
  let port: UInt16
  private let socket: Int32
  private let bodies = Mutex<[String]>([])

  var requests: [String] { bodies.withLock { $0 } }

  init() throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    try #require(isListening)
    self.socket = socket
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [socket, weak self] in
      while true {
        let connection = accept(socket, nil, nil)
        if connection < 0 { return }
        let request = Self.request(from: connection)
        self?.bodies.withLock { $0.append(request) }
        let token =
          #"{"access_token": "exchanged", "issued_token_type": "x", "token_type": "Bearer", "expires_in": 3600}"#
        let answer =
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(token.utf8.count)\r\n\r\n\(token)"
        _ = send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        close(connection)
      }
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  /// Reads a request with a body of the length that it tells.
  private static func request(from connection: Int32) -> String {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count <= 0 { return text }
      text += String(decoding: buffer[..<count], as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n") else { continue }
      let length = text.lowercased().split(separator: "content-length: ").dropFirst().first?.prefix { $0.isNumber }
      if text[end.upperBound...].utf8.count >= length.flatMap({ Int($0) }) ?? 0 { return text }
    }
  }
}
