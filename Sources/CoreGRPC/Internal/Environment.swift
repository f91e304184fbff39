import Glibc

/// The environment of the process.
enum Environment {
  /// Returns the value of a variable now; `nil` if it is not set.
  static func text(_ name: String) -> String? {
    // The copy is made at once. As with every getenv, no other thread may change the environment meanwhile.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
