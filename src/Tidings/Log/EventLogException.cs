namespace Tidings;

/// <summary>The log could not store or read: what the outcome is cannot be said.</summary>
public sealed class EventLogException : Exception
{
    /// <summary>Makes the exception without a message of its own.</summary>
    public EventLogException()
    {
    }

    /// <summary>Makes the exception with a message that says what failed and what to do.</summary>
    public EventLogException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and its cause.</summary>
    public EventLogException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
