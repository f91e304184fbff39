/// Why credentials cannot be used: a sentence that names the file, and never what is in it.
struct CredentialsError: Error, Sendable, Hashable {
  let message: String
}
