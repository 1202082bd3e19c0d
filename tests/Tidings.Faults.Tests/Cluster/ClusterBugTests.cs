using Tidings.Faults.Tests.Checking;
using Tidings.Faults.Tests.FaultBuild;
using Tidings.Faults.Tests.Host;

namespace Tidings.Faults.Tests.Cluster;

/// <summary>The proof that the tests of several nodes can fail: each seeded bug is found by the run that is clean without it.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ClusterBugTests(ClusterDatabase database)
{
    private const int MostRuns = 30;

    public static TheoryData<string> Bugs => [.. ClusterBugs.All.Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_seeded_bug_is_found_by_the_checker(string name)
    {
        SeededBug bug = ClusterBugs.All.Single(bug => bug.Name == name);
        var host = new HostOptions { Binaries = await SwitchedHost.DirectoryAsync() };

        // It is chance whether a link breaks just between a commit and its answer: then there is another run.
        CheckReport report;
        int runs = 0;
        do
        {
            report = await RunAsync(bug, host);
            TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        }
        while (++runs < MostRuns && !IsFound(report, bug));

        Assert.True(IsFound(report, bug), $"The bug was not found in {runs} runs.");
    }

    private static bool IsFound(CheckReport report, SeededBug bug) => report.Faults.Any(fault => bug.FoundAs.Contains(fault.Kind));

    private async Task<CheckReport> RunAsync(SeededBug bug, HostOptions host) => bug.FoundBy switch
    {
        BugScenario.Wandering => await ClusterScenarios.WanderAsync(database.Server, host, bug.Name),
        BugScenario.BrokenLinks => await ClusterScenarios.BrokenLinksAsync(database.Server, host, bug.Name),
        BugScenario.Hole => await ClusterScenarios.HoleAsync(database.Server, host, bug.Name),
        BugScenario.FailOver => await ClusterScenarios.FailOverAsync(host, bug.Name),
        _ => throw new InvalidOperationException($"Several nodes are not tested by {bug.FoundBy}."),
    };
}
