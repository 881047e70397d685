internal import CProcessor

/// How many processors this process may use, at least 1.
public func processorCount() -> Int { max(1, Int(cprocessor_count())) }
