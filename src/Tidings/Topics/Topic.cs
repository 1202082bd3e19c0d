using System.Diagnostics.CodeAnalysis;

namespace Tidings;

/// <summary>
/// What an event is about, and what subscribers select it by; often a URL or a path such as <c>prices/ACME</c>. Compared byte by byte.
/// </summary>
/// <remarks>Immutable; safe for use from several threads. The characters are those that the Mercure protocol allows (section "Topics").</remarks>
public readonly record struct Topic
{
    /// <summary>The longest topic, in UTF-8 bytes: 4,096.</summary>
    public const int MaxBytes = 4096;

    private readonly string? _value;

    private Topic(string value) => _value = value;

    /// <summary>The topic's text; empty only for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Makes a topic of <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">
    /// The text is empty, longer than <see cref="MaxBytes"/>, <c>*</c> (which matches every topic and so cannot be one), or holds a control or format character.
    /// </exception>
    public static Topic Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Complaint(text) is { } complaint ? throw new FormatException(complaint) : new Topic(text);
    }

    /// <summary>Makes a topic of <paramref name="text"/>, or says why it cannot be one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Topic topic, [NotNullWhen(false)] out string? complaint)
    {
        complaint = text is null ? "A topic cannot be null." : Complaint(text);
        topic = complaint is null ? new Topic(text!) : default; // no complaint implies not null
        return complaint is null;
    }

    /// <summary>Makes a topic of <paramref name="text"/>, as <see cref="Of"/> does.</summary>
    /// <exception cref="FormatException">As for <see cref="Of"/>.</exception>
    public static implicit operator Topic(string text) => Of(text);

    /// <summary>The topic's text.</summary>
    public override string ToString() => Value;

    private static string? Complaint(string text) =>
        text == TopicMatcher.Wildcard
            ? "A topic cannot be \"*\": as a matcher it stands for every topic."
            : FieldText.Complaint(text, MaxBytes) is { } complaint ? $"A topic {complaint}" : null;
}
