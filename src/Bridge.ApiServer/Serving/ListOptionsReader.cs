using System.Globalization;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Selectors;
using Bridge.ApiServer.Store;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Serving;

/// <summary>Reads ListOptions from a query string and reports everything that is wrong with it at once.</summary>
internal sealed class ListOptionsReader<T>(IQueryCollection query, IReadOnlyList<SelectableField<T>> fields)
    where T : struct
{
    // Timers go to 49 days; nobody means more than this.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(30);
    private readonly List<FailureCause> wrong = [];

    /// <summary>Null when something was wrong; then <paramref name="failure"/> says what.</summary>
    public ListOptions<T>? Read(out Failure? failure)
    {
        var labels = LabelQuery.Parse(Text("labelSelector"), out var labelError);
        var selected = FieldSelector.Parse(Text("fieldSelector"), fields, out var fieldError);
        Require(labels is not null, "labelSelector", labelError);
        Require(selected is not null, "fieldSelector", fieldError);
        var options = new ListOptions<T>
        {
            Labels = labels!,
            Fields = selected!,
            Limit = Number("limit") ?? 0,
            Continue = ReadContinue(),
            ResourceVersion = ReadVersion(),
            Match = ReadMatch(),
            Watch = Flag("watch") ?? false,
            Bookmarks = Flag("allowWatchBookmarks") ?? false,
            SendInitialEvents = Flag("sendInitialEvents"),
            Timeout = ReadTimeout(),
            Include = ReadInclude(),
        };
        CheckTogether(options);
        failure = wrong.Count > 0 ? Failures.BadRequest(wrong) : null;
        return failure is null ? options : null;
    }

    // The combinations that k8s.io/apimachinery/pkg/apis/meta/internalversion/validation refuses.
    private void CheckTogether(ListOptions<T> options)
    {
        var notOlder = options.Match is VersionMatch.NotOlderThan;
        if (options.Watch)
        {
            Require(options.Continue is null, "continue", "is for lists: a watch has no pages");
            Require(options.SendInitialEvents is null || notOlder, "resourceVersionMatch",
                "must be NotOlderThan where sendInitialEvents is given");
            Require(options.SendInitialEvents is not null || options.Match is VersionMatch.Unset,
                "resourceVersionMatch", "is forbidden for watch unless sendInitialEvents is given");
            return;
        }
        Require(options.SendInitialEvents is null, "sendInitialEvents", "is for watches: set watch=true");
        Require(options.Continue is null || options.ResourceVersion is null or 0, "resourceVersion",
            "is not allowed with continue: the token names the snapshot");
        Require(options.Match is VersionMatch.Unset || options.ResourceVersion is not null, "resourceVersionMatch",
            "is forbidden unless resourceVersion is given");
        Require(options.Match is not VersionMatch.Exact || options.ResourceVersion is not 0, "resourceVersionMatch",
            "Exact needs a resourceVersion other than 0");
    }

    private ContinueToken? ReadContinue()
    {
        var text = Text("continue");
        var token = text.Length > 0 ? ContinueToken.Parse(text) : null;
        Require(text.Length == 0 || token is not null, "continue",
            "is not a token of this server: give back metadata.continue of the page before");
        return token;
    }

    private TimeSpan? ReadTimeout() => Number("timeoutSeconds") switch
    {
        null or 0 => null,
        { } seconds => TimeSpan.FromSeconds(Math.Min(seconds, LongestTimeout.TotalSeconds)),
    };

    private ulong? ReadVersion()
    {
        var text = Text("resourceVersion");
        if (text.Length == 0)
            return null;
        var good = ResourceVersion.TryParse(text, out var revision);
        Require(good, "resourceVersion",
            $"'{text}' is none: give back metadata.resourceVersion of an answer, 0 for any, or none");
        return good ? revision : null;
    }

    private VersionMatch ReadMatch()
    {
        switch (Text("resourceVersionMatch"))
        {
            case "":
                return VersionMatch.Unset;
            case "Exact":
                return VersionMatch.Exact;
            case "NotOlderThan":
                return VersionMatch.NotOlderThan;
            case var other:
                Require(false, "resourceVersionMatch", $"'{other}' is neither Exact nor NotOlderThan");
                return VersionMatch.Unset;
        }
    }

    private IncludeObject ReadInclude()
    {
        switch (Text("includeObject"))
        {
            case "" or "Metadata":
                return IncludeObject.Metadata;
            case "None":
                return IncludeObject.None;
            case "Object":
                return IncludeObject.Object;
            case var other:
                Require(false, "includeObject", $"'{other}' is none of None, Metadata, Object");
                return IncludeObject.Metadata;
        }
    }

    private int? Number(string name)
    {
        var text = Text(name);
        if (text.Length == 0)
            return null;
        var good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        Require(good, name, $"'{text}' is not a whole number from 0 to {int.MaxValue}");
        return good ? number : null;
    }

    private bool? Flag(string name)
    {
        switch (Text(name))
        {
            case "":
                return null;
            case "true" or "1":
                return true;
            case "false" or "0":
                return false;
            case var other:
                Require(false, name, $"'{other}' is neither true nor false");
                return null;
        }
    }

    private string Text(string name) => query[name].ToString();

    private void Require(bool good, string field, string message)
    {
        if (!good)
            wrong.Add(new FailureCause("FieldValueInvalid", message, field));
    }
}
