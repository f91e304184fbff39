#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Runs a function on a thread with a stack of the given size.
func onThread<Result>(stackByteCount: Int, _ body: () -> Result) throws -> Result {
  try withoutActuallyEscaping(body) { body in
    let work = Work(body: body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    try check(pthread_attr_setstacksize(&attributes, stackByteCount))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let argument = Unmanaged.passRetained(work as AnyWork)
    let status = pthread_create(&thread, &attributes, runWork, argument.toOpaque())
    if status != 0 { argument.release() }
    try check(status)
    #if canImport(Darwin)
      if let thread { try check(pthread_join(thread, nil)) }
    #else
      try check(pthread_join(thread, nil))
    #endif
    guard let result = work.result else { throw ThreadError(status: -1) }
    return result
  }
}

struct ThreadError: Error {
  let status: Int32
}

private func check(_ status: Int32) throws {
  guard status == 0 else { throw ThreadError(status: status) }
}

private class AnyWork {
  func run() {}
}

private final class Work<Result>: AnyWork {
  private let body: () -> Result
  private(set) var result: Result?

  init(body: @escaping () -> Result) {
    self.body = body
  }

  override func run() {
    result = body()
  }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument {
    Unmanaged<AnyWork>.fromOpaque(argument).takeRetainedValue().run()
  }
  return nil
}
