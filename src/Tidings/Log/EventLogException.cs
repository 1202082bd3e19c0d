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

    /// <summary>
    /// Whether the log has given up: it will not store anything more in this process. A hub then ends, so that whoever watches over it starts it anew.
    /// </summary>
    public bool IsFinal { get; init; }
}

/// <summary>There is no space for more events. Nothing was stored; what is stored can be read, and storing works again when there is space.</summary>
public sealed class EventLogFullException : Exception
{
    /// <summary>Makes the exception without a message of its own.</summary>
    public EventLogFullException()
    {
    }

    /// <summary>Makes the exception with a message that says what is full and what to do.</summary>
    public EventLogFullException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and its cause.</summary>
    public EventLogFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
