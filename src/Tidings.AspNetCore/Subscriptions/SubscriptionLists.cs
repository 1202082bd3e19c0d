using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Tidings;

/// <summary>What is listed: the subscriptions of this process or, where nodes tell each other of theirs, those of all nodes.</summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class SubscriptionLists(ActiveSubscriptions own, ILogger<SubscriptionLists> logger, INodeEntries? entries = null)
{
    /// <summary>Lists subscriptions that come after <paramref name="number"/>, in their order; none if there are no more. At most about <paramref name="max"/>.</summary>
    /// <exception cref="EventLogException">What nodes tell each other cannot be read.</exception>
    public async ValueTask<List<ListedSubscription>> ListAfterAsync(long number, int max, CancellationToken cancellationToken)
    {
        if (entries is null)
        {
            return own.ListAfter(number, max);
        }

        while (true)
        {
            IReadOnlyList<NodeEntry> found = await entries.ListAfterAsync(number, max, cancellationToken);
            var subscriptions = new List<ListedSubscription>(found.Count);
            foreach (NodeEntry entry in found)
            {
                number = entry.Place;
                if (Read(entry) is { } subscription)
                {
                    subscriptions.Add(new ListedSubscription(entry.Place, subscription));
                }
            }

            if (subscriptions.Count > 0 || found.Count == 0)
            {
                return subscriptions;
            }
        }
    }

    /// <summary>The subscription that another node tells; null if this version cannot read it.</summary>
    public ActiveSubscription? Read(NodeEntry entry)
    {
        try
        {
            return SubscriptionEntry.Read(entry.Value.Span);
        }
        catch (JsonException failure)
        {
            SubscriptionsLog.Unreadable(logger, failure, entry.Node);
            return null;
        }
    }
}
