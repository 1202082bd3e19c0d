using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Checking;

/// <summary>What a history says about one publish. Times are places in the history.</summary>
internal sealed class PublishState(PublishInvoked publish, int invokedAt)
{
    public const int Never = int.MaxValue;

    public PublishInvoked Publish { get; } = publish;

    /// <summary>When it was sent: it is stored later than anything that had been acknowledged by then.</summary>
    public int InvokedAt { get; } = invokedAt;

    /// <summary>When it is known to be stored: it was acknowledged, or somebody received it.</summary>
    public int StoredAt { get; set; } = Never;

    /// <summary>When its outcome was told, or its connection broke: it is not stored later.</summary>
    public int SettledAt { get; set; } = Never;

    public bool IsAcknowledged { get; set; }

    public bool IsRefused { get; set; }

    public bool IsUnknown { get; set; }

    public bool IsReceived { get; set; }

    /// <summary>Its id, from the first who tells it.</summary>
    public string? Id { get; set; }

    /// <summary>When it was told first.</summary>
    public int IdAt { get; set; } = Never;

    /// <summary>Whether it was stored before the log forked, lost by that, and stored again.</summary>
    public bool IsStoredAgain { get; set; }
}
