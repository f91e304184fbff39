/// The reason for which credentials cannot be used: a sentence that names the file, and never its contents.
struct CredentialsError: Error, Sendable, Hashable {
  let message: String
}
