namespace Tidings;

/// <summary>What may be done with topics.</summary>
[Flags]
public enum TopicActions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Events may be published on the topics.</summary>
    Publish = 1,

    /// <summary>Private events on the topics may be received. Public ones are for every subscriber.</summary>
    Subscribe = 2,
}
