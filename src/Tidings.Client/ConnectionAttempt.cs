using System.Net;

namespace Tidings.Client;

/// <summary>What <see cref="EventSourceOptions.OnConnecting"/> sees and may change before an attempt to connect.</summary>
/// <remarks>Valid during the callback only.</remarks>
public sealed class ConnectionAttempt
{
    internal ConnectionAttempt(Uri url, int number, HttpStatusCode? refusal, IReadOnlyDictionary<string, string> headers)
    {
        Url = url;
        Number = number;
        Refusal = refusal;
        Headers = new Dictionary<string, string>(headers, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Where the attempt goes.</summary>
    public Uri Url { get; }

    /// <summary>1 for the first attempt, counted anew after each connection that opened.</summary>
    public int Number { get; }

    /// <summary>401 or 403 if the request just before was refused with it: fetch a fresh token now. The request is repeated at once, but only once; null otherwise.</summary>
    public HttpStatusCode? Refusal { get; }

    /// <summary>The caller's headers of this attempt; starts with <see cref="EventSourceOptions.Headers"/>. One of the same name as a header of ours takes its place.</summary>
    public IDictionary<string, string> Headers { get; }
}
