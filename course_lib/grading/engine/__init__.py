"""Grade submissions of people one does not know: each in a sandbox, with the checks outside of it.

The way of a submission, in one direction::

    submitted/ --intake--> Submission --plan--> Job --execute--> Result --record--> gradebook.db,
                                                                             autograded/, feedback/
"""
