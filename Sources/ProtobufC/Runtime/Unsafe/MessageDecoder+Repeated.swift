extension MessageDecoder {
  /// Lifts a repeated field of numbers.
  ///
  /// - Parameters:
  ///   - elements: The struct's member.
  ///   - count: The struct's count for it.
  /// - Returns: The numbers, in their order.
  @inlinable
  public func array<Element: BitwiseCopyable>(_ elements: UnsafeMutablePointer<Element>?, count: Int) -> [Element] {
    Array(buffer(elements, count: count))
  }

  /// Lifts a repeated field whose elements have another type in Swift.
  ///
  /// - Parameters:
  ///   - elements: The struct's member.
  ///   - count: The struct's count for it.
  ///   - lift: Lifts one element, by another function of this decoder if it is more than a number.
  /// - Returns: The elements, in their order.
  /// - Throws: The error of `lift`.
  @inlinable
  public func array<Element: BitwiseCopyable, Value, Failure: Error>(
    _ elements: UnsafeMutablePointer<Element>?,
    count: Int,
    lift: (Element) throws(Failure) -> Value
  ) throws(Failure) -> [Value] {
    let elements = buffer(elements, count: count)
    // The initializer would write a count of 0 to the storage that all empty arrays of all threads share.
    guard elements.count > 0 else { return [] }
    var failure: Failure?
    let values = [Value](unsafeUninitializedCapacity: elements.count) { values, initializedCount in
      guard let start = values.baseAddress else { return }
      do throws(Failure) {
        for index in elements.indices {
          // In bounds: there is room for as many values as there are elements.
          (start + index).initialize(to: try lift(elements[index]))
          initializedCount = index + 1
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Lifts a repeated field of sub-messages.
  ///
  /// - Parameters:
  ///   - elements: The struct's member.
  ///   - count: The struct's count for it.
  ///   - layout: The sub-messages' layout.
  /// - Returns: The sub-messages, in their order.
  /// - Throws: The fault in a field of one.
  @inlinable
  public func messages<Layout: MessageLayout>(
    _ elements: UnsafeMutablePointer<UnsafeMutablePointer<Layout.CMessage>?>?,
    count: Int,
    as layout: Layout.Type
  ) throws(BinaryDecodingError) -> [Layout.Value] {
    var values: [Layout.Value] = []
    values.reserveCapacity(count)
    for element in buffer(elements, count: count) {
      guard let value = try message(element, as: layout) else { continue }
      values.append(value)
    }
    return values
  }

  /// Lifts a map.
  ///
  /// - Parameters:
  ///   - entries: The struct's member.
  ///   - count: The struct's count for it.
  ///   - layout: The layout of the map's entry.
  /// - Returns: The map. Where the wire has a key twice, the later entry is in it, as protobuf asks.
  /// - Throws: The fault in a field of an entry.
  @inlinable
  public func map<Layout: MessageLayout, Key: Hashable, Value>(
    _ entries: UnsafeMutablePointer<UnsafeMutablePointer<Layout.CMessage>?>?,
    count: Int,
    as layout: Layout.Type
  ) throws(BinaryDecodingError) -> [Key: Value] where Layout.Value == (key: Key, value: Value) {
    var values: [Key: Value] = [:]
    values.reserveCapacity(count)
    for entry in buffer(entries, count: count) {
      guard let (key, value) = try message(entry, as: layout) else { continue }
      values[key] = value
    }
    return values
  }

  @inlinable
  func buffer<Element>(
    _ elements: UnsafeMutablePointer<Element>?,
    count: Int
  ) -> UnsafeBufferPointer<Element> {
    // protobuf-c filled `count` elements, in the arena, which lives until the whole message is read; without elements
    // the count is 0 and the pointer null.
    UnsafeBufferPointer(start: elements, count: elements == nil ? 0 : count)
  }
}
